/** Markdown and HTML. */

import { renderTextPanelMarkdown, textUtil } from '@grafana/data';
import type { Drawn } from './index';

export function Markdown({ panel, variables }: Drawn) {
  const content = variables.replace(panel.options?.content ?? '', {}, 'html');
  const html = panel.options?.mode === 'html' ? textUtil.sanitizeTextPanelContent(content) : renderTextPanelMarkdown(content);
  return <div className="markdown-html" style={{ height: '100%', overflow: 'auto' }} dangerouslySetInnerHTML={{ __html: html }} />;
}
