import pg from 'pg'

/** Looks at the sessions of a database as an administrator does: only he sees what others' sessions do. */
export class Sessions {
  private constructor(private readonly client: pg.Client) {}

  static async of(databaseUrl: string): Promise<Sessions> {
    const client = new pg.Client({ connectionString: databaseUrl })
    client.on('error', () => {})
    await client.connect()
    return new Sessions(client)
  }

  /** Whether a session of that name holds a transaction open that has written to the table: what it wrote is locked. */
  async holds(application: string, table: string): Promise<boolean> {
    const { rowCount } = await this.client.query(
      `SELECT 1 FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
       WHERE a.application_name = $1 AND a.state = 'idle in transaction'
         AND l.relation = $2::regclass AND l.mode = 'RowExclusiveLock'`,
      [application, `"${table}"`],
    )
    return (rowCount ?? 0) > 0
  }

  /** Ends all sessions of the database but this one. */
  async endOthers(): Promise<void> {
    await this.client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    )
  }

  close(): Promise<void> {
    return this.client.end()
  }
}
