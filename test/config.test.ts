import { describe, expect, it } from 'vitest'
import { readConfig } from '../src/config.ts'

describe('the environment', () => {
  it('may be empty', () => {
    expect(readConfig({})).toMatchObject({ port: 4000, host: '127.0.0.1', local: true, retentionDays: 90 })
  })

  it('is refused with every mistake named, in words and by its variable, in one message', () => {
    const wrong = {
      PORT: 'x',
      DATABASE_URL: 'mysql://localhost/x',
      BILLINGWATCH_SECRET: 'short',
      BILLINGWATCH_ADMIN_KEY: 'letmein',
      WEBHOOK_RATE_LIMIT: '6000',
      RETENTION_DAYS: '29',
      ALLOWED_ORIGINS: 'https://app.example.com/path',
      TRUST_PROXY: 'maybe',
      LOG_LEVEL: 'loud',
      METRICS_TOKEN: 'short',
    }
    let message = ''
    try {
      readConfig(wrong)
    } catch (error) {
      message = String(error)
    }
    for (const name of Object.keys(wrong)) expect(message).toMatch(new RegExp(`^ {2}${name} (must|is)`, 'm'))
  })

  it.each(['https://app.example.com', 'http://localhost:5173, https://app.example.com'])(
    'takes the origins %s',
    (ALLOWED_ORIGINS) => {
      expect(readConfig({ ALLOWED_ORIGINS }).allowedOrigins).toEqual(ALLOWED_ORIGINS.split(', '))
    },
  )

  it.each(['app.example.com', 'https://app.example.com/', 'https://*.example.com/x', '*'])(
    'takes no %s for an origin',
    (ALLOWED_ORIGINS) => {
      expect(() => readConfig({ ALLOWED_ORIGINS })).toThrow(/ALLOWED_ORIGINS must be origins/)
    },
  )

  it.each([
    [{}, true],
    [{ HOST: '0.0.0.0' }, false],
    [{ PUBLIC_URL: 'https://billing.example.com' }, false],
    [{ PUBLIC_URL: 'http://localhost:4000' }, true],
    [{ NODE_ENV: 'production' }, true],
  ])('%j is a local set-up: %s', (environment, local) => {
    expect(readConfig(environment).local).toBe(local)
  })
})
