import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { z } from 'zod'
import { answerText, type PlainHandler } from './answer.ts'
import { indexPage, UNBUILT } from './page.ts'

/** Where its files are served. Their names carry a hash of what is in them. */
const ASSETS = '/assets/'

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
}

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

const A_YEAR = 31_536_000

/** Headers of the page and of all its files. */
const safety = (https: boolean): Record<string, string> => ({
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  ...(https && { 'strict-transport-security': `max-age=${A_YEAR}` }),
})

/** As esbuild writes it beside the files that it built. */
const metafile = z.object({
  outputs: z.record(
    z.string(),
    z.object({
      entryPoint: z.string().optional(),
      cssBundle: z.string().optional(),
      imports: z.array(z.object({ path: z.string(), kind: z.string() })),
    }),
  ),
})

type Outputs = z.infer<typeof metafile>['outputs']

const compressors = {
  br: (body: Buffer) => promisify(brotliCompress)(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
  gzip: (body: Buffer) => promisify(gzip)(body, { level: 9 }),
} as const

type Encoding = keyof typeof compressors

/** A file in memory, compressed once for each encoding that somebody asked for. */
class Asset {
  readonly #compressed = new Map<Encoding, Promise<Buffer>>()

  constructor(
    readonly type: string,
    private readonly body: Buffer,
  ) {}

  /** `br` or `gzip` where the client takes it, else as it is. */
  async encoded(accepted: string): Promise<{ encoding: Encoding | undefined; body: Buffer }> {
    const encoding = (['br', 'gzip'] as const).find((one) =>
      accepted
        .split(',')
        .some((offer) => offer.trim().split(';', 1)[0] === one && !/;\s*q=0(\.0*)?$/.test(offer.trim())),
    )
    if (encoding === undefined) return { encoding, body: this.body }
    let body = this.#compressed.get(encoding)
    if (body === undefined) {
      body = compressors[encoding](this.body)
      this.#compressed.set(encoding, body)
    }
    return { encoding, body: await body }
  }
}

interface Dashboard {
  index: Asset
  etag: string
  files: ReadonlyMap<string, Asset>
}

/** All of it, from the folder that it was built into; undefined where it was not. */
function readDashboard(folder: string): Dashboard | undefined {
  const outputs = readOutputs(join(folder, 'meta.json'))
  const [entry, { cssBundle } = {}] =
    Object.entries(outputs ?? {}).find(([, { entryPoint }]) => entryPoint?.endsWith('/main.tsx')) ?? []
  if (outputs === undefined || entry === undefined) return undefined
  const address = (path: string) => ASSETS + basename(path)
  const index = indexPage({
    script: address(entry),
    style: cssBundle && address(cssBundle),
    preloads: staticImports(outputs, entry).map(address),
  })
  const files = readdirSync(folder).flatMap((name): [string, Asset][] => {
    const type = TYPES[extname(name)]
    return type === undefined ? [] : [[ASSETS + name, new Asset(type, readFileSync(join(folder, name)))]]
  })
  return {
    index: new Asset('text/html; charset=utf-8', Buffer.from(index)),
    etag: `"${createHash('sha256').update(index).digest('base64url').slice(0, 27)}"`,
    files: new Map(files),
  }
}

function readOutputs(path: string): Outputs | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
  return metafile.parse(JSON.parse(text)).outputs
}

/** What a file cannot run without, itself left out: fetched beside it rather than after it. */
function staticImports(outputs: Outputs, entry: string): string[] {
  const found = new Set([entry])
  for (const path of found)
    for (const { path: to, kind } of outputs[path]?.imports ?? [])
      if (kind === 'import-statement') found.add(to)
  found.delete(entry)
  return [...found]
}

export interface DashboardOptions {
  /** Where the bundle was written to. */
  folder: string
  /** Whether people reach it over https. */
  https: boolean
}

/**
 * The dashboard, from memory: its files under `/assets/`, and its page for any other address that a browser opens.
 * @param next answers everything else
 */
export function dashboard({ folder, https }: DashboardOptions, next: PlainHandler): PlainHandler {
  const built = readDashboard(folder)
  const headers = safety(https)
  const answer = async (
    asset: Asset,
    ...[req, res, more]: [...Parameters<PlainHandler>, Record<string, string>]
  ) => {
    const { encoding, body } = await asset.encoded(String(req.headers['accept-encoding'] ?? ''))
    res.writeHead(200, {
      'content-type': asset.type,
      'content-length': body.length,
      vary: 'accept-encoding',
      ...(encoding && { 'content-encoding': encoding }),
      ...headers,
      ...more,
    })
    res.end(req.method === 'HEAD' ? undefined : body)
  }
  return (req, res) => {
    if (req.method !== 'GET' && req.method !== 'HEAD') return next(req, res)
    const path = (req.url ?? '/').split('?', 1)[0] ?? '/'
    const file = built?.files.get(path)
    if (file) return void answer(file, req, res, { 'cache-control': `public, max-age=${A_YEAR}, immutable` })
    // An old file that a page still asks for is no page.
    if (path.startsWith(ASSETS) || !acceptsPage(path, req.headers.accept)) return next(req, res)
    if (!built) return answerText(res, 200, 'text/html; charset=utf-8', UNBUILT, unbuiltHeaders(headers))
    const fresh = { 'cache-control': 'no-cache', etag: built.etag }
    if (req.headers['if-none-match']?.split(/\s*,\s*/).some((tag) => tag.replace(/^W\//, '') === built.etag))
      return void res.writeHead(304, { ...fresh, vary: 'accept-encoding' }).end()
    void answer(built.index, req, res, fresh)
  }
}

/** Browsers say that they want a page; at the addresses that others print whoever takes anything gets it, too. */
const acceptsPage = (path: string, accept = '*/*'): boolean =>
  accept.includes('text/html') || ((path === '/' || path.startsWith('/a/')) && accept.includes('*/*'))

/** The page that says so has its style in itself, and no script. */
const unbuiltHeaders = (headers: Record<string, string>): Record<string, string> => ({
  ...headers,
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'none'",
})
