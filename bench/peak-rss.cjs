/* Tells the most memory that a process ever had, in KiB, when it ends. */
process.on('exit', () => require('node:fs').writeSync(2, `PEAK ${process.resourceUsage().maxRSS}\n`))
