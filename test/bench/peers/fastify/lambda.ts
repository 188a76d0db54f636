import awsLambdaFastify from '@fastify/aws-lambda';
import { app } from './app.ts';

export const handler = awsLambdaFastify(app);
