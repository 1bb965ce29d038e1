import { visit } from '../../checkout.ts'
import type { Habit } from '../business.ts'
import { customers } from './customers.ts'

/** People find the shop on the web, fill a basket and pay. */
export const webshop = (options: { spread?: number; share?: number } = {}): Habit =>
  customers(({ world }) => visit(world), options)
