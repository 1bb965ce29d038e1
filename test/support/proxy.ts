import { atEnd } from './endings.ts'
import { startProxy, type TcpProxy } from './tcp-proxy.ts'

/** Closed after the file's tests. */
export async function proxyTo(port: number, host?: string): Promise<TcpProxy> {
  const proxy = await startProxy(port, host)
  atEnd(() => proxy.refuse())
  return proxy
}
