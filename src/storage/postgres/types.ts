import pg from 'pg'

const TIMESTAMP = pg.types.builtins.TIMESTAMP

/** Columns of time have no zone and mean UTC; the driver would read one in local time. */
export const UTC_TYPES: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === TIMESTAMP
      ? (text: string) => new Date(`${text.replace(' ', 'T')}Z`)
      : pg.types.getTypeParser(oid, format),
}
