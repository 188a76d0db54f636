import 'reflect-metadata';
import { ThrottlerStorageRedisService } from '@nest-lab/throttler-storage-redis';
import {
  type CallHandler,
  ClassSerializerInterceptor,
  type ExecutionContext,
  Injectable,
  Module,
  type NestInterceptor,
  ValidationPipe,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, APP_PIPE, NestFactory } from '@nestjs/core';
import { JwtModule } from '@nestjs/jwt';
import { ThrottlerModule } from '@nestjs/throttler';
import { InjectMetric, makeHistogramProvider, PrometheusModule } from '@willsoto/nestjs-prometheus';
import helmet from 'helmet';
import { Redis } from 'ioredis';
import { Logger, LoggerModule } from 'nestjs-pino';
import type { Histogram } from 'prom-client';
import { finalize } from 'rxjs';
import { limits, settings } from '#peers/settings.ts';
import { AuthGuard, RolesGuard, UserThrottlerGuard } from './guards.ts';
import { ProjectsController } from './projects-controller.ts';

// NestJS on Express, as its documentation shows it: @nestjs/jwt in a guard, @nestjs/throttler on Redis, ValidationPipe and
// ClassSerializerInterceptor, nestjs-pino, nestjs-prometheus, helmet.
const durationName = 'http_request_duration_seconds';

@Injectable()
class MeasureInterceptor implements NestInterceptor {
  constructor(@InjectMetric(durationName) private readonly duration: Histogram<string>) {}

  intercept(context: ExecutionContext, next: CallHandler) {
    const end = this.duration.startTimer();
    const [request, response] = [context.switchToHttp().getRequest(), context.switchToHttp().getResponse()];
    return next.handle().pipe(
      finalize(() => {
        end({ method: request.method, route: request.route?.path, status: response.statusCode });
      }),
    );
  }
}

@Module({
  imports: [
    LoggerModule.forRoot(),
    PrometheusModule.register({ defaultMetrics: { enabled: false } }),
    JwtModule.register({ global: true, publicKey: settings.jwtKey }),
    ThrottlerModule.forRoot({
      throttlers: [{ limit: limits.read, ttl: limits.windowMs }],
      storage: new ThrottlerStorageRedisService(new Redis(settings.redisUrl)),
    }),
  ],
  controllers: [ProjectsController],
  providers: [
    makeHistogramProvider({
      name: durationName,
      help: 'Duration of HTTP requests',
      labelNames: ['method', 'route', 'status'],
    }),
    { provide: APP_GUARD, useClass: AuthGuard },
    { provide: APP_GUARD, useClass: UserThrottlerGuard },
    { provide: APP_GUARD, useClass: RolesGuard },
    { provide: APP_INTERCEPTOR, useClass: MeasureInterceptor },
    { provide: APP_INTERCEPTOR, useClass: ClassSerializerInterceptor },
    {
      provide: APP_PIPE,
      useValue: new ValidationPipe({
        transform: true,
        whitelist: true,
        forbidNonWhitelisted: true,
        errorHttpStatusCode: 422,
      }),
    },
  ],
})
class AppModule {}

export async function createApp() {
  const app = await NestFactory.create(AppModule, { bufferLogs: true });
  app.useLogger(app.get(Logger));
  app.use(helmet());
  return app;
}
