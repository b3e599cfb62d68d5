import { cookies } from 'next/headers'
import { NuqsAdapter } from 'nuqs/adapters/next/app'
import type { ReactNode } from 'react'
import { systemClock } from '@fornax/kernel/clock'
import { ViewerDocument } from '../../src/graphql/generated/documents.ts'
import { askApi } from '../../src/graphql/server-api.ts'
import { LiveProvider } from '../../src/live/live-context.tsx'
import { NoticeProvider } from '../../src/notices/notice-context.tsx'
import { Shell } from '../../src/shell/shell.tsx'
import { THEME_COOKIE, themeOf } from '../../src/shell/theme.ts'
import { RenderedAt } from '../../src/time/now.tsx'
import { ViewerProvider } from '../../src/viewer/viewer-context.tsx'

export default async function ConsoleLayout({ children }: { readonly children: ReactNode }) {
  const theme = themeOf((await cookies()).get(THEME_COOKIE)?.value)
  const viewer = (await askApi(ViewerDocument, {}))?.viewer ?? null
  return (
    <RenderedAt ms={systemClock.nowMs()}>
      <NuqsAdapter>
        <ViewerProvider viewer={viewer}>
          <LiveProvider>
            <NoticeProvider>
              <Shell viewer={viewer} theme={theme}>
                {children}
              </Shell>
            </NoticeProvider>
          </LiveProvider>
        </ViewerProvider>
      </NuqsAdapter>
    </RenderedAt>
  )
}
