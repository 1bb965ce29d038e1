import { resolve } from 'node:path'

/** The path that a `file:` URL names, from the working directory. */
export const pathOf = (url: string): string =>
  resolve(url.replace(/^file:(\/\/(?=\/))?/, '').replace(/\?.*$/, ''))

/** What SQLite keeps beside a database. It gives them the mode that the database has when it makes them. */
export const BESIDE = ['-wal', '-shm', '-journal'] as const
