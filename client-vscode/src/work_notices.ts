// The server's own work, shown with a button to cancel it; the language client's library shows it without one.
import * as vscode from 'vscode';

type Token = string | number;
type Show = (message: string | undefined) => void;

interface Notice {
  end: () => void;
  report: Show;
}

/** Bounded by what is under way. */
export class WorkNotices {
  private readonly notices = new Map<Token, Notice>();

  constructor(private readonly cancel: (token: Token) => void) {}

  begin(token: Token, title: string): void {
    const options = { location: vscode.ProgressLocation.Notification, title: `Aurelis: ${title}`, cancellable: true };
    this.end(token);
    // VS Code shows a notice only after a while; work that has ended by then must not be shown for ever.
    const ended = new Promise<void>((resolve) => {
      this.notices.set(token, { end: resolve, report: () => undefined });
    });
    const notice = this.notices.get(token);
    void vscode.window.withProgress(options, (progress, cancellation) => {
      cancellation.onCancellationRequested(() => this.cancel(token));
      if (notice !== undefined) notice.report = (message) => progress.report(message === undefined ? {} : { message });
      return ended;
    });
  }

  /** Whether the work is shown here. */
  report(token: Token, message: string | undefined): boolean {
    this.notices.get(token)?.report(message);
    return this.notices.has(token);
  }

  end(token: Token): void {
    this.notices.get(token)?.end();
    this.notices.delete(token);
  }

  endAll(): void {
    for (const token of this.notices.keys()) this.end(token);
  }
}
