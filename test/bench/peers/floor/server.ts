import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { answer } from './app.ts';

createServer(async (request, response) => {
  const [path = ''] = (request.url ?? '').split('?');
  const { statusCode, headers, body } = await answer(request.method ?? '', path, await text(request));
  response.writeHead(statusCode, headers).end(body);
}).listen(Number(process.env.PORT), '127.0.0.1');
