import { randomBytes } from 'node:crypto'
import { fresh, type Json } from '../stripe/basics.ts'
import { isJson, strings } from './form.ts'
import { pageOf } from './lists.ts'
import { invalid } from './refusal.ts'

export interface DoubleEndpoint {
  id: string
  url: string
  enabledEvents: string[]
  metadata: Json
  status: 'enabled' | 'disabled'
  livemode: boolean
  apiVersion: string | null
  description: string | null
  created: number
  secret: string
}

const MOST = 16

/** The webhook endpoints of an account. */
export class Endpoints {
  readonly all: DoubleEndpoint[] = []

  constructor(private readonly now: () => number) {}

  list(query: Json, livemode: boolean): Json {
    const own = this.all.filter((one) => one.livemode === livemode)
    return pageOf(own.map(shown), query, '/v1/webhook_endpoints')
  }

  /** The secret is in this answer alone. */
  create(form: Json, livemode: boolean): Json {
    const url = form['url']
    if (typeof url !== 'string')
      throw invalid('Missing required param: url.', { code: 'parameter_missing', param: 'url' })
    const events = strings(form['enabled_events'])
    if (events.length === 0)
      throw invalid('Missing required param: enabled_events.', {
        code: 'parameter_missing',
        param: 'enabled_events',
      })
    if (livemode && !/^https:|^http:\/\/(localhost|127\.)/.test(url))
      throw invalid('Invalid URL: webhook endpoints in live mode must be https.', {
        code: 'url_invalid',
        param: 'url',
      })
    if (this.all.filter((one) => one.livemode === livemode).length >= MOST)
      throw invalid(
        `You have reached the maximum of ${MOST} ${livemode ? 'live' : 'test'} webhook endpoints.`,
      )
    const endpoint: DoubleEndpoint = {
      id: fresh('we'),
      url,
      enabledEvents: events,
      metadata: isJson(form['metadata']) ? form['metadata'] : {},
      status: 'enabled',
      livemode,
      apiVersion: typeof form['api_version'] === 'string' ? form['api_version'] : null,
      description: typeof form['description'] === 'string' ? form['description'] : null,
      created: this.now(),
      secret: `whsec_${randomBytes(24).toString('hex')}`,
    }
    this.all.push(endpoint)
    return { ...shown(endpoint), secret: endpoint.secret }
  }

  retrieve(id: string): Json {
    return shown(this.find(id))
  }

  update(id: string, form: Json): Json {
    const endpoint = this.find(id)
    const events = strings(form['enabled_events'])
    if (events.length > 0) endpoint.enabledEvents = events
    if (typeof form['url'] === 'string') endpoint.url = form['url']
    if (isJson(form['metadata'])) endpoint.metadata = { ...endpoint.metadata, ...form['metadata'] }
    if (form['disabled'] !== undefined) endpoint.status = form['disabled'] === 'true' ? 'disabled' : 'enabled'
    if (form['api_version'] !== undefined)
      throw invalid('Received unknown parameter: api_version', {
        code: 'parameter_unknown',
        param: 'api_version',
      })
    return shown(endpoint)
  }

  remove(id: string): Json {
    const endpoint = this.find(id)
    this.all.splice(this.all.indexOf(endpoint), 1)
    return { id, object: 'webhook_endpoint', deleted: true }
  }

  find(id: string): DoubleEndpoint {
    const endpoint = this.all.find((one) => one.id === id)
    if (endpoint === undefined)
      throw invalid(
        `No such webhook endpoint: '${id}'`,
        { code: 'resource_missing', param: 'webhook_endpoint' },
        404,
      )
    return endpoint
  }
}

const shown = (endpoint: DoubleEndpoint): Json => ({
  id: endpoint.id,
  object: 'webhook_endpoint',
  api_version: endpoint.apiVersion,
  application: null,
  created: endpoint.created,
  description: endpoint.description,
  enabled_events: endpoint.enabledEvents,
  livemode: endpoint.livemode,
  metadata: endpoint.metadata,
  status: endpoint.status,
  url: endpoint.url,
})
