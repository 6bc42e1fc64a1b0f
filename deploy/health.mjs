/* global fetch, AbortSignal */
// The health check of a container: whether its role can do its work. The image has neither curl nor wget.
const url = 'http://127.0.0.1:8080/health/ready';
try {
  const response = await fetch(url, { signal: AbortSignal.timeout(4_000) });
  // What is missing, for `docker inspect`.
  console.log(await response.text());
  process.exitCode = response.ok ? 0 : 1;
} catch (error) {
  console.error(`${url}: ${error.cause?.message ?? error.message}`);
  process.exitCode = 1;
}
