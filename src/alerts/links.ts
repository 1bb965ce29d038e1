import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { Vault } from '../tenancy/vault.ts'

/** What a link in a mail is for: it names its address, and nobody else can make one. */
export interface MailLink {
  purpose: 'verify' | 'unsubscribe'
  tenantId: string
  channelId: string
  address: string
  /** Of a verification: which one. */
  verificationId: string
}

const parts = z.tuple([z.enum(['verify', 'unsubscribe']), z.string(), z.string(), z.string(), z.string()])

const signature = (key: Uint8Array, body: string): Buffer => createHmac('sha256', key).update(body).digest()

/** The last part of the link's path. */
export function linkToken(
  vault: Vault,
  { purpose, tenantId, channelId, address, verificationId }: MailLink,
): string {
  const body = Buffer.from(JSON.stringify([purpose, tenantId, channelId, address, verificationId])).toString(
    'base64url',
  )
  const [present] = vault.derive('alert links')
  if (present === undefined) throw new Error('the vault has no key')
  return `${body}.${signature(present.key, body).toString('base64url')}`
}

/** @returns undefined for what is no link of ours, or one for something else */
export function readLink(vault: Vault, purpose: MailLink['purpose'], token: string): MailLink | undefined {
  const [body = '', given = ''] = token.split('.')
  const bytes = Buffer.from(given, 'base64url')
  const isOurs = vault
    .derive('alert links')
    .some(({ key }) => bytes.length === 32 && timingSafeEqual(bytes, signature(key, body)))
  if (!isOurs) return undefined
  const [named, tenantId, channelId, address, verificationId] = parts.parse(
    JSON.parse(Buffer.from(body, 'base64url').toString()),
  )
  return named === purpose ? { purpose, tenantId, channelId, address, verificationId } : undefined
}
