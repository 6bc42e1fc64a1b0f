import { Body, type CanActivate, Controller, type DynamicModule, type ExecutionContext } from '@nestjs/common';
import { Get, HttpCode, Inject, Injectable, Module, Param, Post, UseGuards } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Request } from 'express';
import { isText, MAX_ID_LENGTH, MAX_NAME_LENGTH } from '#domain';
import { httpFault, HttpRefusal, invalid, notAuthorized, notFound, signDevelopmentToken } from '#platform';
import { type Fault, type FaultKind, Faults, FAULTS } from './break-it/faults.js';

// What the page needs of a server that was started to try it out: tokens, and to break things. There only where the
// server made its secret by itself, so that nobody's real tokens can be had here.

const SECRET = Symbol('the secret that was made for development');
const DAY_S = 24 * 3_600;
const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/;
const LOCAL = new Set(['localhost', '127.0.0.1', '[::1]']);

/** By which a proxy says that there is one. */
const OF_PROXIES = /^(forwarded|via|x-real-ip|x-forwarded-.*)$/;

/**
 * Lets in this machine's own page, and nobody from another machine, directly or through a proxy that says so; one that
 * passes requests on as if they were its own cannot be told from this machine. A page of another origin could else have
 * itself tokens by the browser of whoever looks at it; one whose name is pointed at this address, too, which only the
 * `Host` header gives away.
 */
@Injectable()
class OwnPageGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers, socket } = context.switchToHttp().getRequest<Request>();
    const { host = '', origin } = headers;
    const isForwarded = Object.keys(headers).some((name) => OF_PROXIES.test(name));
    if (isForwarded || !LOOPBACK.test(socket.remoteAddress ?? '')) {
      throw notAuthorized('development is done on the machine itself only');
    }
    if (!LOCAL.has(host.replace(/:\d+$/, ''))) {
      throw notAuthorized('development is done at localhost and 127.0.0.1 only');
    }
    if (origin !== undefined && origin !== `http://${host}`) {
      throw notAuthorized('development is for the page of this server only');
    }
    return true;
  }
}

interface TokenRequest {
  readonly userId: number;
  readonly name: string;
  readonly clanId?: string;
}

/** @throws HttpRefusal */
function tokenRequest(body: unknown): TokenRequest {
  const { userId, name, clanId } = (body ?? {}) as Partial<Record<keyof TokenRequest, unknown>>;
  if (typeof userId !== 'number' || !Number.isSafeInteger(userId) || userId < 1) {
    throw invalid([httpFault('VALIDATION', 'userId must be a whole number, 1 or more', 'userId', userId)]);
  }
  if (!isText(name, MAX_NAME_LENGTH) || name === '') {
    throw invalid([httpFault('VALIDATION', `name must have 1 to ${MAX_NAME_LENGTH} characters`, 'name', name)]);
  }
  if (clanId === undefined) return { userId, name };
  if (!isText(clanId, MAX_ID_LENGTH) || clanId === '') {
    throw invalid([httpFault('VALIDATION', `clanId must have 1 to ${MAX_ID_LENGTH} characters`, 'clanId', clanId)]);
  }
  return { userId, name, clanId };
}

@ApiExcludeController()
@UseGuards(OwnPageGuard)
@Controller('development')
class DevelopmentController {
  constructor(@Inject(SECRET) private readonly secret: string) {}

  /** By it the page knows what kind of server this is. */
  @Get()
  isForDevelopment(): { readonly development: true } {
    return { development: true };
  }

  /** A token of anybody's. */
  @Post('token')
  @HttpCode(200)
  token(@Body() body: unknown): { readonly token: string } {
    return { token: signDevelopmentToken(this.secret, { ...tokenRequest(body), seconds: DAY_S }) };
  }

  /** The token of a surrounding application. */
  @Post('service-token')
  @HttpCode(200)
  serviceToken(): { readonly token: string } {
    return { token: signDevelopmentToken(this.secret, { userId: 'development', scope: 'service', seconds: DAY_S }) };
  }
}

@ApiExcludeController()
@UseGuards(OwnPageGuard)
@Controller('development/break')
class BreakController {
  constructor(@Inject(Faults) private readonly faults: Faults) {}

  /** What was broken, oldest first, and what cannot be, with the reason. */
  @Get()
  broken(): { readonly now: number; readonly faults: readonly Fault[]; readonly spared: Faults['spared'] } {
    return { now: Date.now(), faults: this.faults.all, spared: this.faults.spared };
  }

  /** Breaks it, unless it is broken. */
  @Post(':kind')
  @HttpCode(202)
  break(@Param('kind') kind: string, @Body() body: unknown): Fault {
    if (!FAULTS.some((one) => one === kind)) throw notFound('kind', kind, `there are these: ${FAULTS.join(', ')}`);
    const { clan = null } = (body ?? {}) as { readonly clan?: unknown };
    if (clan !== null && (!isText(clan, MAX_ID_LENGTH) || clan === '')) {
      throw invalid([httpFault('VALIDATION', `clan must have 1 to ${MAX_ID_LENGTH} characters`, 'clan', clan)]);
    }
    const fault = this.faults.begin(kind as FaultKind, clan);
    if (fault) return fault;
    const reason = this.faults.spared[kind as FaultKind] ?? 'this server is about to end';
    throw new HttpRefusal(409, [httpFault('NOT_ALLOWED', reason)]);
  }
}

@Module({})
export class DevelopmentModule {
  /** @param secret the one that was made for development */
  static of(secret: string, faults: Faults): DynamicModule {
    return {
      module: DevelopmentModule,
      controllers: [DevelopmentController, BreakController],
      providers: [
        { provide: SECRET, useValue: secret },
        { provide: Faults, useValue: faults },
      ],
    };
  }
}
