import type { ReactNode } from 'react'
import styles from './screen.module.css'
import { useTitle } from './use-title.ts'

/** A screen that is read from top to bottom. */
export function Screen({ title, children }: { title: string; children: ReactNode }) {
  useTitle(title)
  return (
    <div className={styles['screen']}>
      <h1>{title}</h1>
      {children}
    </div>
  )
}

interface SectionProps {
  title: string
  /** What it is for, in a sentence. */
  about?: ReactNode
  /** A button that belongs to the whole section. */
  action?: ReactNode
  children: ReactNode
}

/** A part of a screen under its own heading. */
export function Section({ title, about, action, children }: SectionProps) {
  return (
    <section className={styles['section']} aria-label={title}>
      <div className={styles['head']}>
        <h2>{title}</h2>
        {action}
      </div>
      {about !== undefined && <p className={styles['about']}>{about}</p>}
      {children}
    </section>
  )
}

/** Something in a frame, such as an endpoint or a channel. */
export const Card = ({ children }: { children: ReactNode }) => (
  <div className={styles['card']}>{children}</div>
)

/** Names and values, side by side. */
export const Pairs = ({ pairs }: { pairs: readonly (readonly [string, ReactNode])[] }) => (
  <dl className={styles['pairs']}>
    {pairs.map(([name, value]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
)
