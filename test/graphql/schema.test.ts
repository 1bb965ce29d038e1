import { readFileSync } from 'node:fs'
import {
  buildSchema,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLNamedType,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  lexicographicSortSchema,
  printSchema,
} from 'graphql'
import { describe, expect, test } from 'vitest'
import { assertGuarded, schema } from '../../src/graphql/schema.ts'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')

/** The contract leaves out what it says in words: connections and the inputs and payloads of mutations. */
const CONNECTIONS = `
  type PageInfo { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }
  ${['Anomaly', 'StripeEvent', 'Activity', 'Tenant', 'ApiKey']
    .map(
      (name) => `
  type ${name}Edge { node: ${name}! cursor: String! }
  type ${name}Connection { edges: [${name}Edge!]! nodes: [${name}!]! pageInfo: PageInfo! totalCount: Int! ${
    name === 'Anomaly' ? 'resumeCursor: String!' : ''
  } }`,
    )
    .join('')}
  type Mutation {
    acknowledgeAnomaly(input: AcknowledgeAnomalyInput!): AcknowledgeAnomalyPayload
    resolveAnomaly(input: ResolveAnomalyInput!): ResolveAnomalyPayload
    reopenAnomaly(input: ReopenAnomalyInput!): ReopenAnomalyPayload
    markAnomalyFalsePositive(input: MarkAnomalyFalsePositiveInput!): MarkAnomalyFalsePositivePayload
    configureDetector(input: ConfigureDetectorInput!): ConfigureDetectorPayload
    createApiKey(input: CreateApiKeyInput!): CreateApiKeyPayload
    revokeApiKey(input: RevokeApiKeyInput!): RevokeApiKeyPayload
    createAccessToken(input: CreateAccessTokenInput!): CreateAccessTokenPayload
    createWebhookEndpoint(input: CreateWebhookEndpointInput!): CreateWebhookEndpointPayload
    rotateWebhookToken(input: RotateWebhookTokenInput!): RotateWebhookTokenPayload
    addWebhookSecret(input: AddWebhookSecretInput!): AddWebhookSecretPayload
    retireWebhookSecret(input: RetireWebhookSecretInput!): RetireWebhookSecretPayload
    createTenant(input: CreateTenantInput!): CreateTenantPayload
    updateTenant(input: UpdateTenantInput!): UpdateTenantPayload
    suspendTenant(input: SuspendTenantInput!): SuspendTenantPayload
    resumeTenant(input: ResumeTenantInput!): ResumeTenantPayload
    deleteTenant(input: DeleteTenantInput!): DeleteTenantPayload
  }
  input AcknowledgeAnomalyInput { id: ID! note: String }
  input ResolveAnomalyInput { id: ID! note: String }
  input ReopenAnomalyInput { id: ID! note: String }
  input MarkAnomalyFalsePositiveInput { id: ID! reason: String }
  type AcknowledgeAnomalyPayload { anomaly: Anomaly! }
  type ResolveAnomalyPayload { anomaly: Anomaly! }
  type ReopenAnomalyPayload { anomaly: Anomaly! }
  type MarkAnomalyFalsePositivePayload { anomaly: Anomaly! }
  input ConfigureDetectorInput { name: DetectorName! enabled: Boolean settings: [DetectorSettingInput!] }
  input DetectorSettingInput { name: String! value: Float! }
  type ConfigureDetectorPayload { detector: Detector! }
  input CreateApiKeyInput { name: String! role: Role! expiresAt: DateTime }
  type CreateApiKeyPayload { apiKey: ApiKey! secret: String! }
  input RevokeApiKeyInput { id: ID! }
  type RevokeApiKeyPayload { apiKey: ApiKey! }
  input CreateAccessTokenInput { role: Role! = VIEWER ttlSeconds: Int! = 900 subject: String }
  type CreateAccessTokenPayload { token: String! expiresAt: DateTime! }
  input CreateWebhookEndpointInput { name: String! }
  type CreateWebhookEndpointPayload { webhookEndpoint: WebhookEndpoint! }
  input RotateWebhookTokenInput { endpointId: ID! graceSeconds: Int! = 86400 }
  type RotateWebhookTokenPayload { webhookEndpoint: WebhookEndpoint! }
  input AddWebhookSecretInput { endpointId: ID! secret: String! }
  type AddWebhookSecretPayload { webhookSecret: WebhookSecret! }
  input RetireWebhookSecretInput { id: ID! }
  type RetireWebhookSecretPayload { webhookSecret: WebhookSecret! }
  input CreateTenantInput { name: String! externalId: String webhookSecret: String timezone: String country: String }
  type CreateTenantPayload { tenant: Tenant! apiKey: ApiKey secret: String }
  input UpdateTenantInput { id: ID! name: String timezone: String country: String rateLimit: RateLimitInput }
  input RateLimitInput { requests: Int! seconds: Int! }
  type UpdateTenantPayload { tenant: Tenant! }
  input SuspendTenantInput { id: ID! }
  input ResumeTenantInput { id: ID! }
  type SuspendTenantPayload { tenant: Tenant! }
  type ResumeTenantPayload { tenant: Tenant! }
  input DeleteTenantInput { id: ID! confirmName: String! }
  type DeleteTenantPayload { deletedTenantId: ID! }
`
const contract = buildSchema(read('./contract.graphql') + CONNECTIONS)

const own = (types: readonly GraphQLNamedType[]) => types.filter(({ name }) => !name.startsWith('__'))

type Line = [name: string, text: string]

function shapeOf(type: GraphQLNamedType): Line[] {
  if (isEnumType(type)) return type.getValues().map(({ name }) => [`${type.name}.${name}`, 'value'])
  if (isInputObjectType(type)) {
    return Object.values(type.getFields()).map((field) => [`${type.name}.${field.name}`, inputText(field)])
  }
  if (!isObjectType(type) && !isInterfaceType(type)) return []
  const interfaces = type.getInterfaces().map(({ name }): Line => [`${type.name} implements ${name}`, 'yes'])
  return [
    ...interfaces,
    ...Object.values(type.getFields()).flatMap((field): Line[] => [
      [`${type.name}.${field.name}`, String(field.type)],
      ...field.args.map((arg): Line => [`${type.name}.${field.name}(${arg.name})`, inputText(arg)]),
    ]),
  ]
}

const inputText = ({ type, defaultValue }: Pick<GraphQLInputField, 'type' | 'defaultValue'>) =>
  defaultValue === undefined ? String(type) : `${type} = ${JSON.stringify(defaultValue)}`

describe('the schema', () => {
  test('has everything that the contract promises, by the same types', () => {
    const has = new Map(own(Object.values(schema.getTypeMap())).flatMap(shapeOf))
    const promised = own(Object.values(contract.getTypeMap())).flatMap(shapeOf)
    expect(promised.length).toBeGreaterThan(300)
    expect(promised.map(([name]) => [name, has.get(name)])).toEqual(promised)
  })

  test('is printed in schema.graphql as it is now', () => {
    expect(read('../../schema.graphql')).toBe(`${printSchema(lexicographicSortSchema(schema))}\n`)
  })

  test('describes every type, field, argument, input field and enum value', () => {
    const silent: string[] = []
    const look = (name: string, { description }: { description?: string | null | undefined }) => {
      if (!description?.trim()) silent.push(name)
    }
    const BUILT_IN = new Set(['String', 'Int', 'Float', 'Boolean', 'ID'])
    for (const type of own(Object.values(schema.getTypeMap()))) {
      if (BUILT_IN.has(type.name)) continue
      look(type.name, type)
      if (isEnumType(type)) for (const value of type.getValues()) look(`${type.name}.${value.name}`, value)
      if (isInputObjectType(type))
        for (const field of Object.values(type.getFields())) look(`${type.name}.${field.name}`, field)
      if (isObjectType(type) || isInterfaceType(type)) {
        const fields: GraphQLField<unknown, unknown>[] = Object.values(type.getFields())
        for (const field of fields) {
          look(`${type.name}.${field.name}`, field)
          for (const arg of field.args) look(`${type.name}.${field.name}(${arg.name})`, arg)
        }
      }
    }
    expect(silent).toEqual([])
  })

  test('lets every list be read from both ends', () => {
    const lists = own(Object.values(schema.getTypeMap()))
      .filter(isObjectType)
      .flatMap((type) => Object.values(type.getFields()).map((field) => ({ type, field })))
      .filter(({ field }) => {
        const named = getNamedType(field.type)
        return isObjectType(named) && 'pageInfo' in named.getFields()
      })
    expect(lists.length).toBeGreaterThan(5)
    for (const { type, field } of lists) {
      const page = field.args.filter(({ name }) => ['first', 'after', 'last', 'before'].includes(name))
      expect(page.length, `${type.name}.${field.name}`).toBe(4)
    }
  })

  test('says of each scalar of its own what specifies it', () => {
    const scalars = own(Object.values(schema.getTypeMap())).filter(isScalarType)
    const silent = scalars.filter((scalar) => !isSpecifiedScalarType(scalar) && !scalar.specifiedByURL)
    expect(scalars.length).toBeGreaterThan(5)
    expect(silent).toEqual([])
  })

  test('lets every root field but viewer be null by itself, so that one failing panel does not blank a page', () => {
    const query = schema.getQueryType()?.getFields() ?? {}
    const mutation = schema.getMutationType()?.getFields() ?? {}
    const nonNull = [...Object.values(query), ...Object.values(mutation)]
      .filter(({ type }) => String(type).endsWith('!'))
      .map(({ name }) => name)
    // Its items are nullable instead.
    expect(nonNull.sort()).toEqual(['nodes', 'viewer'])
  })

  test('refuses to be built with a root field that does not say who may call it', () => {
    expect(() => assertGuarded(schema)).not.toThrow()
    const open = new GraphQLSchema({
      query: new GraphQLObjectType({ name: 'Query', fields: { leak: { type: GraphQLString } } }),
    })
    expect(() => assertGuarded(open)).toThrow('Query.leak')
  })
})
