/** The only place that reads the browser's clock. @returns milliseconds */
export const now = (): number => Date.now()
