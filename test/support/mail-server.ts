import type { AddressInfo } from 'node:net'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

/** A real SMTP server that keeps what it takes. */
export interface MailServer {
  url: string
  mails: ParsedMail[]
  /** What it answers to the sender; undefined: it takes it. */
  refuseSender: () => { responseCode: number; message: string } | undefined
  /** What it answers to an address; undefined: it takes it. */
  refuse: (address: string) => { responseCode: number; message: string } | undefined
  /** What it answers after the mail itself; `drop` breaks the connection in the middle of it. */
  onData: () => { responseCode: number; message: string } | 'drop' | undefined
  /** Whether each connection was encrypted. */
  secure: boolean[]
  close(): Promise<void>
}

export async function startMailServer(options: SMTPServerOptions = {}): Promise<MailServer> {
  const mailServer: MailServer = {
    url: '',
    mails: [],
    refuseSender: () => undefined,
    refuse: () => undefined,
    onData: () => undefined,
    secure: [],
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
  const refusal = ({ responseCode, message }: { responseCode: number; message: string }): Error =>
    Object.assign(new Error(message), { responseCode })
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    logger: false,
    ...options,
    onMailFrom(_address, _session, callback) {
      const answer = mailServer.refuseSender()
      callback(answer && refusal(answer))
    },
    onRcptTo({ address }, _session, callback) {
      const answer = mailServer.refuse(address)
      callback(answer && refusal(answer))
    },
    onData(stream, session, callback) {
      const answer = mailServer.onData()
      if (answer === 'drop') {
        stream.resume()
        for (const connection of server.connections) connection.close()
        return
      }
      mailServer.secure.push(session.secure)
      simpleParser(stream).then((mail) => {
        if (answer === undefined) mailServer.mails.push(mail)
        callback(answer && refusal(answer))
      }, callback)
    },
  })
  server.on('error', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address: AddressInfo | string | null = server.server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening on a port')
  mailServer.url = `smtp://127.0.0.1:${address.port}`
  return mailServer
}
