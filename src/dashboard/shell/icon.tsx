/** Drawn on a grid of 16, with one stroke. */
const PATHS = {
  logo: 'M1 9h3l2-6 3 11 2-5h4',
  Inbox: 'M2 9.5 4 3h8l2 6.5V13H2V9.5zm0 0h3.5l1 2h3l1-2H14',
  Explore: 'M2 2v12h12M4.5 10.5l3-4 2.5 2.5 4-5.5',
  Events: 'M2.5 4h11M2.5 8h11M2.5 12h7',
  Detectors: 'M8 1.5v3M8 11.5v3M1.5 8h3M11.5 8h3M8 5.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5z',
  Health:
    'M8 13.5S2 10 2 5.8C2 3.7 3.5 2.5 5 2.5c1.3 0 2.4.7 3 2 .6-1.3 1.7-2 3-2 1.5 0 3 1.2 3 3.3C14 10 8 13.5 8 13.5z',
  Settings:
    'M2 4.5h7M13 4.5h1M2 11.5h1M7 11.5h7M11 2.8a1.7 1.7 0 1 1 0 3.4 1.7 1.7 0 0 1 0-3.4zM5 9.8a1.7 1.7 0 1 1 0 3.4 1.7 1.7 0 0 1 0-3.4z',
  theme: 'M8 2a6 6 0 1 0 0 12zM8 2a6 6 0 0 1 0 12M8 2v12M10 4.5v7M12 6v4',
  keys: 'M1.5 4h13v8h-13zM4 6.5h.5M7 6.5h.5M10 6.5h.5M12 6.5h.5M4.5 9.5h7',
} as const

/** A small picture beside a word; it says nothing by itself. */
export const Icon = ({ name }: { name: keyof typeof PATHS }) => (
  <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" style={{ flex: 'none' }}>
    <path
      d={PATHS[name]}
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
      strokeLinejoin="round"
    />
  </svg>
)
