// Loaded before a server: says what it has computed so far, when asked.
process.on('message', () => process.send(process.cpuUsage()));
process.once('disconnect', () => process.exit());
