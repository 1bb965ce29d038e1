import type { Config } from '../../config.ts'

/**
 * Whether a browser page of this origin may talk to the API: one of ALLOWED_ORIGINS, or the server's own (that of
 * PUBLIC_URL, or without one the host that was asked). No origin at all is no browser's page.
 */
export function isAllowedOrigin(
  { allowedOrigins, publicUrl }: Pick<Config, 'allowedOrigins' | 'publicUrl'>,
  origin: string | null | undefined,
  host: string | null | undefined,
): boolean {
  if (!origin) return true
  if (!URL.canParse(origin)) return false
  const asked = new URL(origin)
  if (allowedOrigins.some((allowed) => new URL(allowed).origin === asked.origin)) return true
  return publicUrl === undefined ? asked.host === host : new URL(publicUrl).origin === asked.origin
}
