import serverlessExpress from '@codegenie/serverless-express';
import { createApp } from './app.ts';

type Server = ReturnType<typeof serverlessExpress>;
let server: Promise<Server> | undefined;

async function bootstrap(): Promise<Server> {
  const app = await createApp();
  await app.init();
  return serverlessExpress({ app: app.getHttpAdapter().getInstance() });
}

export const handler = async (event: unknown, context: never) => {
  server ??= bootstrap();
  return (await server)(event, context, undefined as never);
};
