import { dirname, join } from 'node:path'
import { ROOMS } from './rooms.ts'

/** Paths below src, with what each imports of the others, types and what is imported when needed included. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>

/** @param sources by paths below src */
export function importGraph(sources: ReadonlyMap<string, string>): ImportGraph {
  const graph = new Map<string, string[]>()
  for (const [path, text] of sources) {
    const imported = [...text.matchAll(/\b(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(([, to = '']) =>
      join(dirname(path), to),
    )
    graph.set(
      path,
      [...new Set(imported)].filter((to) => sources.has(to)),
    )
  }
  return graph
}

/** The number of a path's room, counted from the top; undefined where it has none. */
export function roomOf(path: string): number | undefined {
  const fits = ROOMS.filter((room) => path === `${room}.ts` || path.startsWith(`${room}/`))
  const longest = fits.sort((a, b) => b.length - a.length)[0]
  return longest === undefined ? undefined : ROOMS.indexOf(longest)
}

/** Imports that point up, as `from → to`. */
export function upwardImports(graph: ImportGraph): string[] {
  const found: string[] = []
  for (const [from, imported] of graph)
    for (const to of imported) if ((roomOf(to) ?? 0) < (roomOf(from) ?? 0)) found.push(`${from} → ${to}`)
  return found.sort()
}

/** Groups of files each of which can be reached from each other one, in alphabetical order. */
export function circles(graph: ImportGraph): string[][] {
  const reach = new Map([...graph.keys()].map((path) => [path, reachableFrom(graph, path)]))
  const found = new Map<string, string[]>()
  for (const path of [...graph.keys()].sort()) {
    const members = [...(reach.get(path) ?? [])].filter((other) => reach.get(other)?.has(path)).sort()
    const [first] = members
    if (first !== undefined) found.set(first, members)
  }
  return [...found.values()]
}

/** Every file that an import leads to from here, over any number of others; itself only if one leads back. */
function reachableFrom(graph: ImportGraph, start: string): Set<string> {
  const reached = new Set<string>()
  const waiting = [...(graph.get(start) ?? [])]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (reached.has(path)) continue
    reached.add(path)
    waiting.push(...(graph.get(path) ?? []))
  }
  return reached
}
