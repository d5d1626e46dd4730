/** The words in the middle of a panel that has nothing to draw. */

export function Nothing({ text }: { text: string }) {
  return (
    <div data-nothing style={{ height: '100%', display: 'flex', alignItems: 'center', justifyContent: 'center', textAlign: 'center' }}>
      {text}
    </div>
  );
}
