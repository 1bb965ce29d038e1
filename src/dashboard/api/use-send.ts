import { type AnyVariables, type TypedDocumentNode, useClient } from 'urql'
import { useToasts } from '../ui/toasts.tsx'
import { sentenceOf } from './problems.ts'

/** @returns sends a mutation; gives what it answers, or says on the page why it could not be done */
export function useSend(): <Data, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
) => Promise<Data | undefined> {
  const client = useClient()
  const toasts = useToasts()
  return async (document, variables) => {
    const { data, error } = await client.mutation(document, variables)
    if (error) toasts.show({ text: sentenceOf(error) })
    return error ? undefined : data
  }
}
