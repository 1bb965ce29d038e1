/** The screens that the navigation leads to, with the key that follows `g`. */
export const PLACES = [
  { path: '/', name: 'Inbox', key: 'i' },
  { path: '/explore', name: 'Explore', key: 'x' },
  { path: '/events', name: 'Events', key: 'e' },
  { path: '/detectors', name: 'Detectors', key: 'd' },
  { path: '/health', name: 'Health', key: 'h' },
  { path: '/settings', name: 'Settings', key: 's' },
] as const
