/** The newest version that is tested; what an endpoint is created with cannot be changed later. */
export const API_VERSION = '2026-10-28.endive'
