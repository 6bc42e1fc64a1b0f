import { Controller, type DynamicModule, Get, Inject, Module } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Health, httpFault, HttpRefusal, type Readiness } from '#platform';
import { ErrorResponse } from './http-auth.js';

const yes = (field: string) => ({ properties: { [field]: { type: 'boolean', enum: [true] } } });

@ApiTags('Health')
@Controller('health')
export class HealthController {
  constructor(@Inject(Health) private readonly health: Health) {}

  @Get('live')
  @ApiOperation({ summary: 'Whether the process is alive' })
  @ApiOkResponse({ schema: yes('live') })
  live(): { readonly live: true } {
    return this.health.live();
  }

  @Get('ready')
  @ApiOperation({ summary: 'Whether the process can do its work: what it needs is there, and it is not far behind' })
  @ApiOkResponse({ schema: yes('ready') })
  @ErrorResponse(503, 'An entry for each check that fails.')
  async ready(): Promise<Readiness> {
    const readiness = await this.health.ready();
    if (readiness.ready) return readiness;
    const faults = readiness.failing.map(({ check, message }) => httpFault('UNAVAILABLE', message, check));
    throw new HttpRefusal(503, faults);
  }
}

const modules = new WeakMap<Health, DynamicModule>();

/** `GET /health/live` and `GET /health/ready`. */
@Module({})
export class HealthModule {
  /** The same module for the same health, so that roles joined in one process serve it once. */
  static of(health: Health): DynamicModule {
    const known = modules.get(health);
    if (known) return known;
    const module: DynamicModule = {
      module: HealthModule,
      controllers: [HealthController],
      providers: [{ provide: Health, useValue: health }],
    };
    modules.set(health, module);
    return module;
  }
}
