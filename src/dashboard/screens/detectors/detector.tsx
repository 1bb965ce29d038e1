import { Link } from 'wouter'
import { isAdmin } from '../../api/me.ts'
import { useMe } from '../../api/use-connection.ts'
import { useSend } from '../../api/use-send.ts'
import { count } from '../../text/words.ts'
import { Button } from '../../ui/button.tsx'
import styles from '../../ui/screen.module.css'
import { Pairs, Section } from '../../ui/screen.tsx'
import { Configure, type DetectorRow } from './documents.ts'
import { SettingsForm } from './settings-form.tsx'

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
          <SettingsForm key={settings.map(({ value }) => value).join()} detector={detector} />
        </Section>
      )}
      <Section title="Reads">
        <p className={styles['muted']}>{listensTo.join(', ')}</p>
      </Section>
    </>
  )
}
