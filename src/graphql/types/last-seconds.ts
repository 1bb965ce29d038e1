import { z } from 'zod'
import { parseInput } from '../../tenancy/input.ts'

const span = z.object({ lastSeconds: z.int().min(0, 'lastSeconds must be at least 0') })

/**
 * How far a count goes back.
 * @throws PublicError BAD_USER_INPUT for a negative length
 */
export const backBy = (lastSeconds: number): number => parseInput(span, { lastSeconds }).lastSeconds
