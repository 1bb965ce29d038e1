import { resolve } from 'node:path'

/** The path that a `file:` URL names, from the working directory. */
export const pathOf = (url: string): string =>
  resolve(url.replace(/^file:(\/\/(?=\/))?/, '').replace(/\?.*$/, ''))
