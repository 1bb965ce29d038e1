import { endWithFile } from './endings.ts'

endWithFile()
