import { sentenceCase } from '../../text/words.ts'
import { Notice } from '../../ui/notice.tsx'
import { Moment } from '../../ui/time.tsx'

interface Trouble {
  detector: string
  startedAt: string
  tenants: number
  of: number
}

/** What goes wrong at many tenants at once is hardly any one's own. */
export const SharedTrouble = ({ troubles }: { troubles: readonly Trouble[] }) => (
  <>
    {troubles.map(({ detector, startedAt, tenants, of }) => (
      <Notice key={detector}>
        <strong>{sentenceCase(detector)}</strong>: {tenants} of {of} accounts see this since{' '}
        <Moment at={startedAt} />. It looks like Stripe, or a part of this set-up that they share.
      </Notice>
    ))}
  </>
)
