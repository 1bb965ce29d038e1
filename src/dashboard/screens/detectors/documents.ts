import { graphql, type ResultOf } from '../../api/graphql.ts'

const DetectorFields = graphql(`
  fragment DetectorFields on Detector @_unmask {
    id
    name
    title
    description
    enabled
    selfResolving
    listensTo
    settings { name description unit currency value default min max }
    stats(lastSeconds: 2419200) { anomalies falsePositives }
  }
`)

export type DetectorRow = ResultOf<typeof DetectorFields>

export type Setting = DetectorRow['settings'][number]

export const Detectors = graphql(`query Detectors { detectors { ...DetectorFields } }`, [DetectorFields])

export const Configure = graphql(
  `mutation Configure($input: ConfigureDetectorInput!) {
    configureDetector(input: $input) { detector { ...DetectorFields } }
  }`,
  [DetectorFields],
)

/** What the past would have looked like under other settings; it goes on until it is complete. */
export const Preview = graphql(`
  subscription DetectorPreview(
    $name: DetectorName!
    $settings: [DetectorSettingInput!]!
    $from: DateTime!
    $to: DateTime!
  ) {
    preview: detectorPreview(name: $name, settings: $settings, range: { from: $from, to: $to }) {
      progress
      judgedFrom
      presentCount
      proposedCount
      removed { title severity detectedAt customerId anomaly { id } }
      added { title severity detectedAt customerId anomaly { id } }
      changed { title severity detectedAt customerId anomaly { id } }
    }
  }
`)

export type PreviewResult = ResultOf<typeof Preview>['preview']

export type PreviewedRow = PreviewResult['added'][number]
