import { useEffect, useState } from 'react'
import { useClient } from 'urql'
import { codeOf, sentenceOf } from '../../api/problems.ts'
import { now } from '../../clock.ts'
import { type DetectorRow, Preview, type PreviewResult } from './documents.ts'

const DAY = 86_400_000
/** Back to where what-ifs count from. */
const BACK = 28 * DAY

/** A slider that still moves asks nothing; milliseconds. */
const REST = 350
/** The former question may not have been given up yet when the next one is asked. Milliseconds, and how often. */
const PAUSE = 700
const TRIES = 12

export interface Changed {
  name: string
  value: number
}

export interface WhatIf {
  preview?: PreviewResult
  /** Why there is none. */
  problem?: string
}

/** What the last 28 days would have looked like; undefined where nothing is changed. */
export function usePreview(name: DetectorRow['name'], settings: readonly Changed[]): WhatIf | undefined {
  const client = useClient()
  const [found, setFound] = useState<{ of: string; whatIf: WhatIf }>()
  const asked = JSON.stringify(settings)
  useEffect(() => {
    if (asked === '[]') return
    const parsed: Changed[] = JSON.parse(asked)
    const to = now()
    const range = { from: new Date(to - BACK).toISOString(), to: new Date(to).toISOString() }
    let stop: () => void = () => {}
    let failures = 0
    const ask = (): void => {
      const { unsubscribe } = client
        .subscription(Preview, { name, settings: parsed, ...range })
        .subscribe(({ data, error }) => {
          if (data) setFound({ of: asked, whatIf: { preview: data.preview } })
          if (!error) return
          failures += 1
          if (codeOf(error) === 'RATE_LIMITED' && failures < TRIES) wait(PAUSE)
          else setFound({ of: asked, whatIf: { problem: sentenceOf(error) } })
        })
      stop = unsubscribe
    }
    const wait = (milliseconds: number): void => {
      stop()
      const timer = setTimeout(ask, milliseconds)
      stop = () => clearTimeout(timer)
    }
    wait(REST)
    return () => stop()
  }, [client, name, asked])
  if (asked === '[]') return undefined
  return found?.of === asked ? found.whatIf : {}
}
