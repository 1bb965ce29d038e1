import { lazy, Suspense, useCallback } from 'react'
import { inUnit } from '../../text/measure.ts'
import { Section } from '../../ui/screen.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import type { Line } from './lines.ts'

const Chart = lazy(() => import('../../ui/chart/chart.tsx'))

interface LineFigureProps {
  line: Line
  marks: readonly string[]
  zone: string
}

/** One quantity over time as a chart; the table has the same values. */
export function LineFigure({ line: { name, unit, points }, marks, zone }: LineFigureProps) {
  const format = useCallback((value: number) => inMajorUnits(value, unit), [unit])
  const values = points.map(({ observed }) => observed)
  const words = `${name}: from ${format(Math.min(...values))} to ${format(Math.max(...values))} in ${points.length} steps.`
  return (
    <Section title={name}>
      <figure role="img" aria-label={words}>
        <Suspense fallback={<Skeleton height={240} />}>
          <Chart points={points} marks={marks} zone={zone} format={format} />
        </Suspense>
      </figure>
    </Section>
  )
}

/** Money is in major units here, and its currency is in the name of the line. */
export const inMajorUnits = (value: number, unit: Line['unit']): string =>
  unit === 'MONEY' ? value.toLocaleString('en-US') : inUnit(value, unit)
