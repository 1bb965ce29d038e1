import type { Json } from '../stripe/basics.ts'

/** `a[b]=1&c[0]=2&d[]=3` as Stripe reads it: lists by number or without, the rest nested by name. */
export function parseForm(text: string): Json {
  const root: Json = {}
  for (const [name, value] of new URLSearchParams(text)) {
    const path = [...name.matchAll(/[^[\]]+|\[\]/g)].map(([part]) => part)
    put(root, path, value)
  }
  return listed(root)
}

function put(node: Json, [head = '', ...rest]: string[], value: string): void {
  const key = head === '[]' ? String(Object.keys(node).length) : head
  if (rest.length === 0) {
    node[key] = value
    return
  }
  const child = isJson(node[key]) ? node[key] : {}
  node[key] = child
  put(child, rest, value)
}

/** What has numbers for names is a list. */
function listed(node: Json): Json {
  for (const [key, value] of Object.entries(node)) {
    if (!isJson(value)) continue
    const inner = listed(value)
    node[key] = Object.keys(inner).every((name) => /^\d+$/.test(name)) ? Object.values(inner) : inner
  }
  return node
}

export const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const strings = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])
