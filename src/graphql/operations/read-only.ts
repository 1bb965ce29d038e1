import { getOperationAST, Kind, OperationTypeNode } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { movingOf, readOnly } from '../../storage/moving.ts'
import type { Context } from '../context.ts'
import { refusal } from './errors.ts'

/** What writes nothing of the tenant's, and what ends a move: it is deleted where it was. */
const TAKEN = new Set(['createAccessToken', 'deleteTenant'])

/** Refuses mutations of a tenant that is being moved to another database: what they wrote would stay behind. */
export const readOnlyTenants = (): Plugin<Context> => ({
  async onExecute({ args, setResultAndStopExecution }) {
    const operation = getOperationAST(args.document, args.operationName)
    const { scope } = args.contextValue
    if (operation?.operation !== OperationTypeNode.MUTATION || scope === undefined) return
    const { selections } = operation.selectionSet
    if (selections.every((one) => one.kind === Kind.FIELD && TAKEN.has(one.name.value))) return
    if ((await movingOf(scope.sql, scope.tenantId)) == null) return
    const error = readOnly(scope.tenantId)
    setResultAndStopExecution({ errors: [refusal(error, error)] })
  },
})
