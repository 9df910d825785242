/* Prints the peak memory of the process in KiB when it exits. */
process.on('exit', () => require('node:fs').writeSync(2, `PEAK ${process.resourceUsage().maxRSS}\n`))
