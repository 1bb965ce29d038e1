import type { ExecutionArgs, FormattedExecutionResult, GraphQLError, GraphQLFormattedError } from 'graphql'
import type { OperationResult, SubscribePayload } from 'graphql-ws'
import type { ApiRate } from '../../limits/api-rate.ts'
import type { Session } from '../context.ts'
import { formatErrors, type Presentation, plainError, present, withRequestId } from '../operations/errors.ts'
import type { FairQueue } from '../operations/fair-queue.ts'
import type { createHttp } from './http.ts'

type Yoga = ReturnType<typeof createHttp>
/** As both graphql and graphql-ws have it. */
interface Result {
  errors?: readonly GraphQLError[] | undefined
  data?: Record<string, unknown> | null | undefined
}
type Engine = ReturnType<Yoga['getEnveloped']>

interface Prepared {
  engine: Engine
  session: Session
}

export interface SocketOperationsParts {
  yoga: Yoga
  rate: ApiRate
  presentation: Presentation
  /** Bounds what a tenant has running at once. */
  operationQueue: FairQueue
}

/** Operations queue by tenant. */
const keyOf = ({ caller }: Session): string => caller.tenantId ?? ''

/** Plugins look for the request that an operation came with; one on a socket has none of its own. Mutations need a POST. */
const SOCKET_REQUEST = new Request('http://localhost/graphql', { method: 'POST' })

/** Runs operations of a socket through the same engine, limits and masking as those over HTTP. */
export class SocketOperations {
  readonly #yoga: Yoga
  readonly #rate: ApiRate
  readonly #presentation: Presentation
  readonly #operationQueue: FairQueue
  readonly #prepared = new WeakMap<ExecutionArgs, Prepared>()

  constructor({ yoga, rate, presentation, operationQueue }: SocketOperationsParts) {
    this.#yoga = yoga
    this.#rate = rate
    this.#presentation = presentation
    this.#operationQueue = operationQueue
  }

  /** @returns what to execute, or why it is refused */
  async prepare(payload: SubscribePayload, session: Session): Promise<ExecutionArgs | GraphQLError[]> {
    const refuse = (error: unknown) => withRequestId(this.refuse(error), session.requestId)
    try {
      await this.#rate.take(session.caller)
      // Each in a turn of its own: parsing and validating a long document takes some milliseconds.
      await this.#operationQueue.turn(keyOf(session))
      const params = {
        query: payload.query,
        ...(payload.operationName && { operationName: payload.operationName }),
        ...(payload.variables && { variables: payload.variables }),
      }
      const engine = this.#yoga.getEnveloped({ session, params, request: SOCKET_REQUEST })
      const document = engine.parse(payload.query)
      const errors = engine.validate(engine.schema, document)
      if (errors.length > 0) return errors.map(refuse)
      const args: ExecutionArgs = {
        schema: engine.schema,
        document,
        operationName: payload.operationName,
        variableValues: payload.variables,
        contextValue: await engine.contextFactory(),
      }
      this.#prepared.set(args, { engine, session })
      return args
    } catch (error) {
      return [refuse(error)]
    }
  }

  async execute(args: ExecutionArgs): Promise<Awaited<OperationResult>> {
    const { engine, session } = this.#preparedOf(args)
    try {
      return await this.#operationQueue.run(keyOf(session), () => engine.execute(args))
    } catch (error) {
      return { errors: [this.refuse(error)] }
    }
  }

  subscribe(args: ExecutionArgs): OperationResult {
    return this.#preparedOf(args).engine.subscribe(args)
  }

  /** A result as the client sees it. */
  show(args: ExecutionArgs, result: Result): FormattedExecutionResult {
    const requestId = this.#prepared.get(args)?.session.requestId ?? ''
    const { errors, data } = formatErrors(result, requestId, this.#presentation)
    return {
      ...(errors && { errors: errors.map((error) => this.format(error)) }),
      ...(data !== undefined && { data }),
    }
  }

  refuse(error: unknown): GraphQLError {
    return present(error, this.#presentation)
  }

  format(error: GraphQLError): GraphQLFormattedError {
    return plainError(present(error, this.#presentation))
  }

  #preparedOf(args: ExecutionArgs): Prepared {
    const prepared = this.#prepared.get(args)
    if (!prepared) throw new Error('an operation runs that was not prepared')
    return prepared
  }
}
