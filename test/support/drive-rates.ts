export { type DriveOptions, driveHistory as drive, type Late } from './drive.ts'
