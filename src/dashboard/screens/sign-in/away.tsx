import { Button } from '../../ui/button.tsx'
import styles from './sign-in.module.css'

/** The server does not answer, so it is not known whether anybody is signed in. */
export const Away = ({ onRetry }: { onRetry: () => void }) => (
  <main className={styles['page']}>
    <div className={styles['card']}>
      <h1>BillingWatch cannot be reached</h1>
      <p>The server did not answer. Stripe sends again what it could not deliver, so nothing is lost.</p>
      <Button look="primary" onClick={onRetry}>
        Try again
      </Button>
    </div>
  </main>
)
