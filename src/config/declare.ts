import { z } from 'zod'

/** What is known of a variable besides its form. */
export interface Declaration {
  /** As it would be set; empty where there is none. */
  default: string
  description: string
}

export const declarations = z.registry<Declaration>()

/** @param form of this variable alone: two that share one would share their declaration */
export function declare<Form extends z.ZodType>(form: Form, declaration: Declaration): Form {
  if (declarations.has(form)) throw new Error('a form of two variables')
  declarations.add(form, declaration)
  return form
}
