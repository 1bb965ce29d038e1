import { type FormEvent, useState } from 'react'
import { Link } from 'wouter'
import { isAdmin } from '../../api/me.ts'
import { useMe } from '../../api/use-connection.ts'
import { useSend } from '../../api/use-send.ts'
import { inUnit } from '../../text/measure.ts'
import { count, sentenceCase } from '../../text/words.ts'
import { Button } from '../../ui/button.tsx'
import { Field } from '../../ui/field.tsx'
import styles from '../../ui/screen.module.css'
import { Pairs, Section } from '../../ui/screen.tsx'
import { useToasts } from '../../ui/toasts.tsx'
import { Configure, type DetectorRow, type Setting } from './documents.ts'

/** One rule: what it found, whether it is on, and its settings with their bounds. */
export function Detector({ detector }: { detector: DetectorRow }) {
  const send = useSend()
  const admin = isAdmin(useMe())
  const { name, enabled, stats, selfResolving, listensTo, settings, description } = detector
  return (
    <>
      <p className={styles['muted']}>{description}</p>
      <Pairs
        pairs={[
          [
            'Last 28 days',
            <Link key="list" href={`/?view=all&detector=${name}`}>
              {count(stats.anomalies, 'anomaly', 'anomalies')}
            </Link>,
          ],
          ['False positives', stats.falsePositives.toLocaleString('en-US')],
          ['When it ends', selfResolving ? 'Resolved by itself' : 'Waits for a person'],
        ]}
      />
      {admin && (
        <div className={styles['buttons']}>
          <Button onClick={() => send(Configure, { input: { name, enabled: !enabled } })}>
            {enabled ? 'Switch off' : 'Switch on'}
          </Button>
        </div>
      )}
      {settings.length > 0 && (
        <Section title="Settings" about="They hold for what is judged from now on.">
          <SettingsForm
            key={settings.map(({ value }) => value).join()}
            detector={detector}
            readOnly={!admin}
          />
        </Section>
      )}
      <Section title="Reads">
        <p className={styles['muted']}>{listensTo.join(', ')}</p>
      </Section>
    </>
  )
}

function SettingsForm({ detector, readOnly }: { detector: DetectorRow; readOnly: boolean }) {
  const send = useSend()
  const toasts = useToasts()
  const [busy, setBusy] = useState(false)

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const settings = detector.settings
      .map(({ name, value }) => ({ name, before: value, value: Number(form.get(name)) }))
      .filter(({ before, value }) => before !== value)
      .map(({ name, value }) => ({ name, value }))
    setBusy(true)
    const done = await send(Configure, { input: { name: detector.name, settings } })
    setBusy(false)
    if (done) toasts.show({ text: 'Saved' })
  }

  return (
    <form className={styles['form']} onSubmit={submit}>
      {detector.settings.map((setting) => (
        <Field
          key={setting.name}
          label={nameOf(setting)}
          name={setting.name}
          type="number"
          step="any"
          min={setting.min}
          max={setting.max}
          defaultValue={setting.value}
          readOnly={readOnly}
          required
          hint={`${setting.description} ${boundsOf(setting)}`}
        />
      ))}
      {!readOnly && (
        <Button type="submit" look="primary" disabledBecause={busy ? 'Saving …' : undefined}>
          Save
        </Button>
      )}
    </form>
  )
}

/** `minimumFailures` → `Minimum failures`. */
const nameOf = ({ name, currency }: Setting): string =>
  sentenceCase(name.replace(/[A-Z]/g, (letter) => `_${letter}`)) + (currency === null ? '' : ` (${currency})`)

function boundsOf({ unit, min, max, default: usual }: Setting): string {
  const words = (value: number): string =>
    unit === 'MONEY' ? value.toLocaleString('en-US') : inUnit(value, unit)
  return `From ${words(min)} to ${words(max)}; ${words(usual)} unless set.`
}
