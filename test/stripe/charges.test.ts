import { describe, expect, test } from 'vitest'
import { DAY } from '../../src/time.ts'
