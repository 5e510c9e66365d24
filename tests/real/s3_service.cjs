// Starts the service of @20minutes/s3rver, which is found beside the working directory, on a port that the system
// chooses, and prints that port. Ends with its standard input.
const { createRequire } = require('node:module');

const S3rver = createRequire(process.cwd() + '/')('@20minutes/s3rver');

const service = new S3rver({
  directory: process.argv[2],
  address: '127.0.0.1',
  port: 0,
  silent: true,
  vhostBuckets: false,
  configureBuckets: [{ name: 'asmgr-artifacts', configs: [] }],
});
service.run().then(({ port }) => console.log(port));
process.stdin.on('end', () => process.exit(0)).resume();
