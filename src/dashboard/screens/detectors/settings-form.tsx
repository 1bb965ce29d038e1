import { type FormEvent, useState } from 'react'
import { isAdmin } from '../../api/me.ts'
import { useMe } from '../../api/use-connection.ts'
import { useSend } from '../../api/use-send.ts'
import { Button } from '../../ui/button.tsx'
import styles from '../../ui/screen.module.css'
import { useToasts } from '../../ui/toasts.tsx'
import { Configure, type DetectorRow } from './documents.ts'
import { SettingField } from './setting-field.tsx'
import { usePreview } from './use-preview.ts'
import { WhatIf } from './what-if.tsx'

/** The settings of a detector, and what the last weeks would have been like with others. */
export function SettingsForm({ detector }: { detector: DetectorRow }) {
  const send = useSend()
  const toasts = useToasts()
  const me = useMe()
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({})
  const [busy, setBusy] = useState(false)
  const changed = detector.settings
    .map(({ name, value, min, max }) => ({
      name,
      before: value,
      value: Number(typed[name] ?? value),
      min,
      max,
    }))
    .filter(({ before, value }) => before !== value)
  const isWithin = changed.every(
    ({ name, value, min, max }) => typed[name] !== '' && value >= min && value <= max,
  )
  const settings = changed.map(({ name, value }) => ({ name, value }))
  const whatIf = usePreview(detector.name, isWithin ? settings : [])
  const mayTry = me.role !== 'VIEWER'

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault()
    setBusy(true)
    const done = await send(Configure, { input: { name: detector.name, settings } })
    setBusy(false)
    if (done) toasts.show({ text: 'Saved' })
  }

  const idle = changed.length === 0 ? 'Nothing is changed.' : undefined
  return (
    <>
      <form className={styles['form']} onSubmit={submit}>
        {detector.settings.map((setting) => (
          <SettingField
            key={setting.name}
            setting={setting}
            value={typed[setting.name] ?? String(setting.value)}
            onChange={(value) => setTyped((before) => ({ ...before, [setting.name]: value }))}
            readOnly={!mayTry}
          />
        ))}
        {mayTry && (
          <div className={styles['buttons']}>
            {isAdmin(me) && (
              <Button type="submit" look="primary" disabledBecause={busy ? 'Saving …' : idle}>
                Save
              </Button>
            )}
            <Button disabledBecause={idle} onClick={() => setTyped({})}>
              As it is set
            </Button>
          </div>
        )}
      </form>
      {mayTry && <WhatIf whatIf={whatIf} />}
    </>
  )
}
