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
