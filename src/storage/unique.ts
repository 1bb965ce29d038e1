/** Whether a Prisma call failed because a unique value is taken. On PostgreSQL its transaction is over by then. */
export const isUniqueViolation = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'P2002'
