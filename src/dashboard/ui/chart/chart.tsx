import { useEffect, useRef } from 'react'
import UPlot from 'uplot'
import { momentWithZone } from '../../text/time.ts'
import styles from './chart.module.css'
import { columnsOf, type Point, type Span } from './series.ts'

interface ChartProps {
  points: readonly Point[]
  /** What is shaded. */
  incident?: Span
  /** Moments that get a line, such as that of a detection. RFC 3339. */
  marks: readonly string[]
  zone: string
  /** Writes a value for the axis and the legend. */
  format: (value: number) => string
}

const HEIGHT = 240

/** The line of what happened in the band of what was expected, where there is one; incident and marks below it. */
export default function Chart({ points, incident, marks, zone, format }: ChartProps) {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const element = place.current
    if (!element) return
    const options = optionsOf({ points, marks, zone, format, ...(incident ? { incident } : {}) }, element)
    const chart = new UPlot(options, columnsOf(points), element)
    const sizes = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height: HEIGHT }))
    sizes.observe(element)
    // The canvas is painted once: with other colours it is to be painted again.
    const redraw = (): void => chart.redraw(false)
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    scheme.addEventListener('change', redraw)
    const theme = new MutationObserver(redraw)
    theme.observe(document.documentElement, { attributeFilter: ['data-theme'] })
    return () => {
      sizes.disconnect()
      theme.disconnect()
      scheme.removeEventListener('change', redraw)
      chart.destroy()
    }
  }, [points, incident, marks, zone, format])
  return <div ref={place} className={styles['chart']} style={{ height: HEIGHT }} aria-hidden="true" />
}

function optionsOf({ incident, marks, zone, format }: ChartProps, element: HTMLElement): UPlot.Options {
  // A custom property holds `light-dark(…)`: only a property of an element says which of both it is now.
  const probe = document.createElement('i')
  element.append(probe)
  const color = (name: string) => (): string => {
    probe.style.color = `var(--${name})`
    return getComputedStyle(probe).color
  }
  const axis = { stroke: color('muted'), grid: { stroke: color('line'), width: 1 }, ticks: { show: false } }
  return {
    width: element.clientWidth,
    height: HEIGHT,
    tzDate: (seconds) => UPlot.tzDate(new Date(seconds * 1000), zone),
    cursor: { y: false, drag: { x: false, y: false } },
    legend: { show: false },
    // The last label of the time axis is written around its tick.
    padding: [12, 20, 0, 0],
    series: [
      {
        value: (_chart, seconds) =>
          seconds === null ? '' : momentWithZone(new Date(seconds * 1000).toISOString(), zone),
      },
      { label: 'Upper', stroke: color('line-strong'), width: 0.5, points: { show: false } },
      { label: 'Lower', stroke: color('line-strong'), width: 0.5, points: { show: false } },
      { label: 'Expected', stroke: color('muted'), width: 1, dash: [4, 4], points: { show: false } },
      { label: 'Observed', stroke: color('accent'), width: 2, points: { show: false } },
    ],
    bands: [{ series: [1, 2], fill: color('band') }],
    axes: [
      { ...axis, font: FONT, values: CLOCK },
      { ...axis, font: FONT, size: 64, values: (_chart, values) => values.map(format) },
    ],
    hooks: { drawAxes: [(chart) => paint(chart, incident, marks, color)] },
  }
}

const FONT = '12px system-ui, "DejaVu Sans", sans-serif'

/** Labels of the time axis by the distance between ticks, on a clock of 24 hours. */
const CLOCK: UPlot.Axis.Values = [
  [86_400, '{MMM} {D}', null, null, null, null, null, null, 1],
  [60, '{HH}:{mm}', '\n{MMM} {D}', null, '\n{MMM} {D}', null, null, null, 1],
  [1, '{HH}:{mm}:{ss}', '\n{MMM} {D}', null, '\n{MMM} {D}', null, null, null, 1],
]

/** Shades the incident and draws a line at each mark, below the series. */
function paint(
  chart: UPlot,
  incident: Span | undefined,
  marks: readonly string[],
  color: (name: string) => () => string,
): void {
  const { ctx, bbox } = chart
  const end = bbox.left + bbox.width
  const x = (at: string): number =>
    Math.min(end, Math.max(bbox.left, chart.valToPos(Date.parse(at) / 1000, 'x', true)))
  ctx.save()
  ctx.fillStyle = color('critical')()
  for (const at of marks) ctx.fillRect(x(at) - 1, bbox.top, 2, bbox.height)
  if (incident) {
    const [left, right] = [x(incident.from), incident.to === null ? end : x(incident.to)]
    ctx.globalAlpha = 0.1
    ctx.fillRect(left, bbox.top, Math.max(2, right - left), bbox.height)
  }
  ctx.restore()
}
