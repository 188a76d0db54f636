import { startRuntimeGateway } from '#lib/local/runtime-gateway.ts';
import { lambdaContext } from '#test/support/event.ts';
import { handler } from './lambda.ts';

// The handlers behind the least that makes an event of a request: on AWS that is API Gateway's work.
const routeKeys = ['GET /api/v1/projects/{id}', 'GET /api/v1/projects', 'POST /api/v1/projects'];
startRuntimeGateway(Number(process.env.PORT), routeKeys, (_, event) => handler(event, lambdaContext()));
