import type { Incident } from '../../incidents/incident.ts'

/** The same incident, of which its own detector is to speak and no other: one cause is one alarm. */
export const alone = (incident: Incident): Incident => ({
  ...incident,
  stage: (stage) =>
    incident.stage({
      ...stage,
      label: ({ alsoAllowed: _, ...label }) => stage.label(label),
    }),
})
